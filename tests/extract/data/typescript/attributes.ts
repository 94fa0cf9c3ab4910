export class Client {
  base: string;
  #secret: number;

  constructor(private readonly host: Host) {
    super();
    // Says who.
    this.name = host.name;
    this.base = "x";
    this.#secret = 3;
  }

  rename() { this.name = "y"; this.late = 1; }
}
