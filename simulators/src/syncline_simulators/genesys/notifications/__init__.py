"""Notifications: channels, subscriptions, and the WebSockets on which events arrive."""
