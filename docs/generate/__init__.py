"""The generated pages of the documentation: made from the code's own tables when the site is built, never committed."""
