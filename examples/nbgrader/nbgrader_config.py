"""nbgrader's settings for this example; `get_config` comes from nbgrader."""

config = get_config()  # noqa: F821
config.CourseDirectory.course_id = "machines"
config.ClearSolutions.code_stub = {"python": "# write your states here"}
