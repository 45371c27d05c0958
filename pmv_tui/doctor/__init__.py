"""`pmv-tui doctor`: looks at what bites on rigs, and says what to do. Changes nothing."""
