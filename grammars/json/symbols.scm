(pair key: (string) @name value: (object "{" @body)) @definition.key
(pair key: (string) @name) @definition.key

(comment) @comment
