import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { useText } from '../text';
import { startOf } from './format';
import type { Point } from './usage';

interface Props {
  points: Point[];
  by: 'hour' | 'day';
}

// UsageChart is loaded when it is shown: charts are the largest library of the
// console.
export default function UsageChart({ points, by }: Props) {
  const t = useText().apikey.usage;
  const rows = points.map((p) => ({ start: startOf(p.start, by), calls: p.calls }));
  return (
    <BarChart
      h={220}
      data={rows}
      dataKey="start"
      series={[{ name: 'calls', label: t.calls, color: 'blue.6' }]}
      valueFormatter={(value) => value.toLocaleString()}
      xAxisProps={{ minTickGap: 32 }}
      yAxisProps={{ width: 56, allowDecimals: false }}
      barChartProps={{ margin: { top: 12 } }} // room for the topmost number
      barProps={{ isAnimationActive: false }} // it would run again with every change
      accessibilityLayer={false}
      tickLine="none"
    />
  );
}
