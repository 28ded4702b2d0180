using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CityEdge.Hub.Metrics;

/// <summary>Pull exporter of the OpenTelemetry SDK in the Prometheus text format 0.0.4: a scrape collects, the collection renders.</summary>
/// <param name="instanceTag">Tag of a meter that says whose it is; meters without it belong to the process and are shown by all.</param>
/// <param name="instance">Value of that tag in the meters to show.</param>
public sealed class PrometheusText(string instanceTag, string instance) : BaseExporter<Metric>
{
    private readonly Lock gate = new();
    private BaseExportingMetricReader? reader;
    private string text = "";

    public MetricReader CreateReader() => reader = new BaseExportingMetricReader(this) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };

    /// <summary>The page of <c>/metrics</c>.</summary>
    public string Scrape()
    {
        lock (gate)
        {
            reader?.Collect(5000);
            return text;
        }
    }

    /// <inheritdoc />
    public override ExportResult Export(in Batch<Metric> batch)
    {
        var page = new StringBuilder();
        foreach (var metric in batch)
        {
            if (metric.MeterTags?.All(t => t.Key != instanceTag || Equals(t.Value, instance)) != false) Render(page, metric);
        }
        text = page.ToString();
        return ExportResult.Success;
    }

    private static void Render(StringBuilder page, Metric metric)
    {
        var sum = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var name = Name(metric.Name);
        var unit = metric.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal)) name += unit;
        if (sum && !name.EndsWith("_total", StringComparison.Ordinal)) name += "_total";
        page.Append("# HELP ").Append(name).Append(' ').Append(metric.Description.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
        page.Append("# TYPE ").Append(name).Append(' ').Append(sum ? "counter" : metric.MetricType == MetricType.Histogram ? "histogram" : "gauge").Append('\n');
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = Labels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic: Line(page, name, labels, point.GetSumLong()); break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic: Line(page, name, labels, point.GetSumDouble()); break;
                case MetricType.LongGauge: Line(page, name, labels, point.GetGaugeLastValueLong()); break;
                case MetricType.DoubleGauge: Line(page, name, labels, point.GetGaugeLastValueDouble()); break;
                case MetricType.Histogram: Histogram(page, name, labels, point); break;
            }
        }
    }

    private static void Histogram(StringBuilder page, string name, string labels, in MetricPoint point)
    {
        long cumulative = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            var bound = double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : Number(bucket.ExplicitBound);
            Line(page, name + "_bucket", labels.Length == 0 ? $"le=\"{bound}\"" : $"{labels},le=\"{bound}\"", cumulative);
        }
        Line(page, name + "_sum", labels, point.GetHistogramSum());
        Line(page, name + "_count", labels, point.GetHistogramCount());
    }

    private static void Line(StringBuilder page, string name, string labels, double value)
    {
        page.Append(name);
        if (labels.Length > 0) page.Append('{').Append(labels).Append('}');
        page.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? (value > 0 ? "+Inf" : "-Inf") : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Name(string name)
    {
        var result = new StringBuilder(name.Length);
        foreach (var c in name) result.Append(char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_');
        return char.IsAsciiDigit(result[0]) ? "_" + result : result.ToString();
    }

    private static string Labels(ReadOnlyTagCollection tags)
    {
        var result = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (result.Length > 0) result.Append(',');
            result.Append(Name(key)).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")).Append('"');
        }
        return result.ToString();
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
