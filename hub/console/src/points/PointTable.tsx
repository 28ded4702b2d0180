import { Table, type TableProps } from 'antd';
import { useMemo, useRef } from 'react';
import type { Point } from '../api/types';
import { displayOf } from '../format/value';
import { useText } from '../i18n/LanguageProvider';
import { linkTo } from '../route';
import { useFillHeight } from '../shell/useFillHeight';
import { LiveAge, LiveQuality, LiveState, LiveValue } from './cells';
import type { GroupBy, Row } from './filter';
import { Sparkline } from './Sparkline';

type Columns = NonNullable<TableProps<Row>['columns']>;
const phoneWidth = 700;

/** The list itself: virtual, so that only what is on the screen exists; live cells repaint alone. */
export function PointTable({ rows, group }: { rows: Row[]; group: GroupBy }) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useFillHeight(box, 12, 260);
  const phone = width > 0 && width < phoneWidth;
  const wide = width >= 1080;
  const columns = useMemo(() => {
    const list: Columns = phone
      ? [
          { key: 'name', title: t('points.name'), width: width - 196, render: cell((point) => <PhoneName point={point} />) },
          { key: 'trend', title: t('points.trend'), width: 76, render: cell((point) => <Trend point={point} width={64} />) },
          { key: 'value', title: t('points.value'), width: 120, align: 'right', render: cell((point) => <><LiveValue point={point} /><div className="sub"><LiveAge id={point.id} /></div></>) },
        ]
      : [
          { key: 'state', title: t('points.state'), width: 96, render: cell((point) => <LiveState point={point} />) },
          { key: 'name', title: t('points.name'), width: 220, render: cell((point) => <Name point={point} />) },
          ...(width >= 860 && group !== 'device' ? [{ key: 'device', title: t('points.device'), width: 200, render: cell((point) => <span className="cut" title={`${point.site}/${point.device}`}>{point.site}/{point.device}</span>) }] : []),
          { key: 'kind', title: t('points.kind'), width: 96, render: cell((point) => t.word('kind', point.kind)) },
          { key: 'value', title: t('points.value'), width: 130, align: 'right', render: cell((point) => <LiveValue point={point} />) },
          { key: 'trend', title: t('points.trend'), width: 150, render: cell((point) => <Trend point={point} width={134} />) },
          { key: 'age', title: t('points.age'), width: 92, align: 'right', render: cell((point) => <LiveAge id={point.id} />) },
          ...(wide ? [{ key: 'quality', title: t('points.quality'), width: 130, render: cell((point) => <LiveQuality id={point.id} />) }] : []),
        ];
    // A group's heading is one cell over the whole row.
    return list.map((column, index) => ({
      ...column,
      onCell: (row: Row) => (row.type === 'group' ? { colSpan: index === 0 ? list.length : 0, className: 'group-cell' } : {}),
      render: (_: unknown, row: Row) => (row.type === 'group' ? (index === 0 ? <GroupHeading row={row} /> : null) : column.render?.(null, row, 0)),
    })) as Columns;
  }, [phone, wide, width, group, t]);
  const least = columns.reduce((sum, column) => sum + Number(column.width), 0);
  return (
    <div ref={box} className="point-table">
      {width > 0 && (
        <Table<Row>
          virtual
          size="small"
          rowKey="key"
          columns={columns}
          dataSource={rows}
          pagination={false}
          scroll={{ x: Math.max(least, width - 2), y: height - 40 }}
          rowClassName={(row) => (row.type === 'group' ? 'group-row' : '')}
        />
      )}
    </div>
  );
}

function cell(render: (point: Point) => React.ReactNode) {
  return (_: unknown, row: Row) => (row.type === 'point' ? render(row.point) : null);
}

function GroupHeading({ row }: { row: Extract<Row, { type: 'group' }> }) {
  const t = useText();
  return <span className="group-heading"><b>{row.title}</b> <span className="sub">{row.count}</span>{row.alarms > 0 && <span className="group-alarms">{t('state.alarm')} {row.alarms}</span>}</span>;
}

function Name({ point }: { point: Point }) {
  return (
    <div className="cut">
      <a href={linkTo('points', point.id)} title={point.id}>{point.name}</a>
      {point.asset && <span className="sub"> {point.asset}</span>}
    </div>
  );
}

function PhoneName({ point }: { point: Point }) {
  return (
    <>
      <div className="cut"><a href={linkTo('points', point.id)}>{point.name}</a></div>
      <div className="phone-marks"><LiveState point={point} /><LiveQuality id={point.id} /></div>
    </>
  );
}

function Trend({ point, width }: { point: Point; width: number }) {
  return <Sparkline id={point.id} kind={point.kind} factor={displayOf(point.kind, point.unit).factor} width={width} />;
}
