"""What is wanted beside what is in a workspace: the plan, and everything that makes the workspace hold it.

workspace = sign_in()                                   who and where, within seconds
seen = look(workspace, folder)                          what earlier deploys left, and what became of it
found = plan(wanted, have(workspace, folder, seen, wanted))     pure
with locked(workspace, folder):
    apply(workspace, folder, state, work_of(found))     idempotent, goes on where it was broken off
follow(workspace, pipeline, update, say)                events as they come
"""
