"""`pmv-tui doctor`: looks for what goes wrong on rigs, and says what to do. Changes nothing."""
