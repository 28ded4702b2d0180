import { formatTime } from '../format/time';
import { formatNumber } from '../format/value';
import { severityColors } from '../format/severity';
import type { Language } from '../i18n/translate';
import type { EChartsCoreOption } from './echarts';
import { valueExtent, withGaps, type Band, type LimitLine, type Place } from './series';

export interface Picture {
  places: readonly Place[];
  lines: readonly LimitLine[];
  bands: readonly Band[];
  from: number;
  to: number;
  unit: string;
  /** A contact changes in steps and has the values 0 and 1. */
  step: boolean;
  words: { raise: string; clear: string; on: string; off: string };
  language: Language;
  description: string;
  /** Longest expected silence inside the loaded data, ms: the bucket length of aggregated data. */
  bucketMs: number;
}

const font = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";
const curve = '#0b6fa4';
const limitColor = { raise: '#c9302c', clear: '#237a3b' };

export function optionOf(picture: Picture): EChartsCoreOption {
  const list = withGaps(picture.places, picture.bucketMs * 1.5);
  const extent = picture.step ? { min: 0, max: 1 } : valueExtent(list, picture.lines);
  const banded = list.some((place) => place.low !== undefined);
  const number = (value: number) => (picture.step ? (value >= 0.5 ? picture.words.on : picture.words.off) : formatNumber(value));
  return {
    animation: false,
    textStyle: { fontFamily: font },
    aria: { enabled: true, label: { description: picture.description } },
    grid: { left: 8, right: 16, top: 30, bottom: 48, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      formatter: (hovered: unknown) => tooltip(hovered, picture, number),
    },
    dataZoom: [{ type: 'inside', filterMode: 'none' }, { type: 'slider', height: 18, bottom: 6, filterMode: 'none', showDetail: false, brushSelect: false }],
    xAxis: { type: 'time', min: picture.from, max: picture.to, axisLabel: { hideOverlap: true }, splitLine: { show: false } },
    yAxis: {
      type: 'value',
      ...(extent ?? {}),
      name: picture.unit,
      nameTextStyle: { align: 'left' },
      axisLabel: picture.step ? { formatter: (v: number) => number(v) } : { showMinLabel: false, showMaxLabel: false, formatter: (v: number) => formatNumber(v) },
      ...(picture.step ? { interval: 1, splitLine: { show: false } } : {}),
    },
    series: [
      ...(banded ? rangeSeries(list) : []),
      {
        id: 'value',
        type: 'line',
        data: list.map((place) => [place.t, place.v]),
        showSymbol: picture.places.length < 80,
        symbolSize: 5,
        step: picture.step ? 'end' : false,
        lineStyle: { width: 1.8, color: curve },
        itemStyle: { color: curve },
        z: 3,
        markLine: {
          symbol: 'none',
          silent: true,
          data: picture.lines.map((line) => ({
            yAxis: line.value,
            lineStyle: { color: limitColor[line.kind], type: line.kind === 'raise' ? 'dashed' : 'solid', width: 1.4 },
            label: {
              position: line.kind === 'raise' ? 'insideEndBottom' : 'insideEndTop',
              color: limitColor[line.kind],
              backgroundColor: 'rgba(255,255,255,0.78)',
              padding: [1, 3],
              formatter: `${picture.words[line.kind]} ${line.text} ${formatNumber(line.value)}`,
            },
          })),
        },
        markArea: {
          silent: true,
          data: picture.bands.map((band) => [
            { xAxis: band.from, name: band.severity.toUpperCase(), itemStyle: { color: severityColors[band.severity].band }, label: { color: severityColors[band.severity].solid, position: 'insideTop', fontWeight: 600 } },
            { xAxis: Math.max(band.to, band.from + 1) },
          ]),
        },
      },
    ],
  };
}

/** The band between minimum and maximum: an invisible base with the difference stacked on it. */
function rangeSeries(list: readonly Place[]): object[] {
  const common = { type: 'line', stack: 'range', stackStrategy: 'all', symbol: 'none', silent: true, lineStyle: { opacity: 0 }, z: 2 };
  return [
    { ...common, id: 'low', data: list.map((place) => [place.t, place.low ?? place.v]) },
    { ...common, id: 'high', data: list.map((place) => [place.t, place.low === undefined || place.high === undefined ? (place.v === null ? null : 0) : place.high - place.low]), areaStyle: { color: curve, opacity: 0.16 } },
  ];
}

function tooltip(hovered: unknown, picture: Picture, number: (value: number) => string): string {
  const entries = Array.isArray(hovered) ? (hovered as { seriesId?: string; dataIndex: number; value: [number, number | null] }[]) : [];
  const entry = entries.find((each) => each.seriesId === 'value') ?? entries[0];
  if (!entry || entry.value[1] === null) return '';
  const [t, v] = entry.value;
  const place = picture.places.find((each) => each.t === t);
  const unit = picture.unit ? ` ${picture.unit}` : '';
  const span = place?.low !== undefined && place.high !== undefined ? `<br>${number(place.low)} – ${number(place.high)}${unit}` : '';
  return `${formatTime(t, picture.language)}<br><b>${number(v ?? NaN)}${unit}</b>${span}`;
}
