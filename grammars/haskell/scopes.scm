(variable) @reference.name
(name) @reference.type
(constructor) @reference.name
(apply function: (variable) @reference.call)
(apply function: (qualified id: (variable) @reference.method))
(apply function: (constructor) @reference.call)

(patterns (variable) @local)
(patterns (parens (apply argument: (variable) @local)))
(patterns (parens (apply function: (apply argument: (variable) @local))))
(patterns (parens (infix left_operand: (variable) @local right_operand: (variable) @local)))
(alternative pattern: (apply argument: (variable) @local))
(alternative pattern: (variable) @local)
(bind name: (variable) @local)
(type_params bind: (variable) @reference.none)
(signature name: (variable) @reference.none)

(import module: (module) @import.whole !alias !names) @import
(import module: (module) @import.module alias: (module) @import.alias) @import
(import
  module: (module) @import.module
  names: (import_list name: (import_name variable: (_) @import.name))) @import
(import
  module: (module) @import.module
  names: (import_list name: (import_name type: (_) @import.name))) @import
