"""What a segment is: the model that ships, and what a person or a stronger model adds to it."""
