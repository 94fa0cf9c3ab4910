"""What people keep of a project in files that they can edit, and what is proposed for them."""
