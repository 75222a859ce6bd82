interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (token: string) => void;
}

/** A token, not shown. */
export function TokenField({ label, value, onChange }: Props) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value.trim())}
      />
    </label>
  );
}
