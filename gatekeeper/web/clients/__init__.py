"""The pages about investors and what is on file about them."""
