"""What runs beside student code, and the end of the pipe that the judge holds (`remote`)."""
