"""Getting models from elsewhere: named, asked for, transferred, checked."""
