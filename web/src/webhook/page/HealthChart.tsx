import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { useReducedMotion } from '@mantine/hooks';
import { useText } from '../../text';
import type { Point } from './health';

// HealthChart is loaded when it is shown: the charts are the largest library of
// the console. Screen readers have the table beside it.
export default function HealthChart({ points }: { points: Point[] }) {
  const t = useText().webhookPage.health;
  const still = useReducedMotion();
  return (
    <div role="img" aria-label={t.chart}>
      <BarChart
        h={200}
        data={points.map(({ hour, succeeded, failed }) => ({ hour, succeeded, failed }))}
        dataKey="hour"
        type="stacked"
        series={[
          { name: 'succeeded', label: t.succeeded, color: 'teal.6' },
          { name: 'failed', label: t.failed, color: 'red.6' },
        ]}
        withLegend
        legendProps={{ verticalAlign: 'bottom', height: 36 }}
        valueFormatter={(value) => value.toLocaleString()}
        xAxisProps={{ minTickGap: 24 }}
        yAxisProps={{ width: 44, allowDecimals: false }}
        barChartProps={{ margin: { top: 12 } }} // room for the topmost number
        barProps={{ isAnimationActive: !still }}
        accessibilityLayer={false}
        tickLine="none"
      />
    </div>
  );
}
