"""What is done with investors and with what is on file about them."""
