(variable_name) @reference.name
(command_name (word) @reference.method)
(declaration_command "local" (variable_assignment name: (variable_name) @local))
(for_statement variable: (variable_name) @local)

(command
  name: (command_name (word) @keyword) . argument: (_) @import.whole
  (#set! keyword "source .")) @import
