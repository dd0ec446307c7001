"""Jobs from the page: their folders, their queue, the workers that run them, the routes."""
