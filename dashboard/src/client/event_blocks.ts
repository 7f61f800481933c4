/** An event stream read as blocks (HTML standard, section 9.2.6), from text in pieces of any size. */

export interface EventBlock {
  /** The name of the event, `message` where the block has none. */
  event: string;
  /** null: the block has none. */
  id: string | null;
  data: string;
}

const LINE_END = /\r\n|\n|\r/;

/** Takes the text as it comes and gives the blocks that are whole; comments and unknown fields are passed over. */
export class EventBlocks {
  #rest = "";
  #event = "";
  #id: string | null = null;
  #data: string[] = [];

  push(text: string): EventBlock[] {
    const all = this.#rest + text;
    const lines = all.split(LINE_END);
    this.#rest = lines.pop() as string;
    // The end of a line may be cut between its two characters: what comes next decides.
    if (all.endsWith("\r")) this.#rest = `${lines.pop()}\r`;
    const blocks: EventBlock[] = [];
    for (const line of lines) {
      if (line !== "") this.#field(line);
      else if (this.#data.length > 0) blocks.push(this.#end());
      else this.#begin();
    }
    return blocks;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id") this.#id = value;
  }

  #end(): EventBlock {
    const block = { event: this.#event || "message", id: this.#id, data: this.#data.join("\n") };
    this.#begin();
    return block;
  }

  #begin(): void {
    this.#event = "";
    this.#id = null;
    this.#data = [];
  }
}
