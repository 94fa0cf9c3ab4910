(class name: (_) @name superclass: (_) body: (_) @body) @definition.class
(class name: (_) @name body: (_) @body) @definition.class
(class name: (_) @name) @definition.class
(module name: (_) @name body: (_) @body) @definition.module
(module name: (_) @name) @definition.module
(module body: (body_statement (method name: (_) @name body: (_) @body) @definition.method))
(method name: (_) @name body: (_) @body) @definition.function
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name body: (_) @body) @definition.method
(singleton_method name: (_) @name) @definition.method
(alias name: (_) @name) @definition.function
(call
  method: (identifier) @keyword
  arguments: (argument_list (simple_symbol) @name @definition.field)
  (#set! keyword "attr_reader attr_writer attr_accessor"))
(assignment left: (constant) @name) @definition.constant
(method
  name: (identifier) @keyword
  body: (body_statement (assignment left: (instance_variable) @name) @definition.attribute)
  (#set! keyword "initialize"))

(comment) @comment
