"""When training may go on: nobody types, there is power, there is memory, it is night."""
