"""What a rule of the conversion says where it would not be exact."""


class NotConverted(Exception):
    """What has no exact rule: the words say why."""
