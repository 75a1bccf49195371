package example

import rego.v1

default allow := false

allow if {
    some role in data.roles[input.user]
    input.action in data.grants[role]
}

reasons contains message if {
    not allow
    message := sprintf("%s may not %s", [input.user, input.action])
}

decision := {"allow": allow, "reasons": reasons, "total": sum([n | some n in input.numbers]), "shout": upper(input.user)}
