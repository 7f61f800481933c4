/** A key that may be broken where its parts meet, and only there. */
export function KeyName({ name }: { name: string }) {
  return (
    <>
      {name.split(/(?<=[._/-])/).map((part, i) => (
        <span key={`${i} ${part}`}>
          {part}
          <wbr />
        </span>
      ))}
    </>
  );
}
