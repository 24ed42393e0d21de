"""The portal in Chromium: every page of the list, and the main journeys as a person walks them."""
