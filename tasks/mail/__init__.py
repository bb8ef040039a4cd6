"""Mails: how a message is rendered and through which door it leaves."""
