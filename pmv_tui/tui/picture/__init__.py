"""A camera's picture in the cells of a terminal: arrays in, coloured characters out."""
