import { FC } from "react";

interface Props { title: string }

/** A card. */
export const Card: FC<Props> = ({ title }) => {
  const local = useState<string>(title);
  return <Panel.Body kind="x"><Button onClick={() => save(local)} /></Panel.Body>;
};

export default class App extends React.Component<Props> {
  render() { return <Card title="a" />; }
}
