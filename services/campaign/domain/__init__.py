"""The rules: campaigns, questionnaires, discussion rounds. Pure; the time comes in as an argument."""
