"""The stage of client requests: answers, their review, and reminders until there is an answer."""
