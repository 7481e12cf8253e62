"""Campaigns: many seeded moments of trouble, counted at the end; each has broken variants that must be caught."""
