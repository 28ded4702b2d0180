using System.CommandLine;
using System.Globalization;
using CityEdge.Rules;

namespace CityEdge.Hub.Cli;

/// <summary><c>rules score</c>: a CSV of <c>timestamp,value</c> with the learned normal's score beside each row; needs no hub.</summary>
public static class RuleScoreCommand
{
    public static Command Build()
    {
        var command = new Command("score", "Adds a column anomaly_score (0..1) to a CSV with timestamp and value; row i is scored by rows up to i only");
        var input = new Option<string>("--csv") { HelpName = "IN", Required = true, Description = "File with a header line that has timestamp and value; times without an offset are UTC" };
        var result = new Option<string>("--out") { HelpName = "OUT", Required = true, Description = "File to write; may not be IN" };
        command.Options.Add(input);
        command.Options.Add(result);
        command.SetAction(parsed =>
        {
            var (from, to) = (parsed.GetValue(input)!, parsed.GetValue(result)!);
            if (!File.Exists(from)) throw new UsageException($"{from}: there is no such file.");
            if (Path.GetFullPath(from) == Path.GetFullPath(to)) throw new UsageException($"{to}: --out is the file of --csv; give another name.");
            // All of it or nothing: a file that is wrong in the middle leaves no half result.
            var lines = new List<string>(Score(from));
            File.WriteAllLines(to, lines);
            Console.Out.WriteLine($"{lines.Count - 1} rows");
            return 0;
        });
        return command;
    }

    private static IEnumerable<string> Score(string file)
    {
        var normal = new LearnedNormal();
        var (time, value, columns, line) = (-1, -1, 0, 0);
        foreach (var text in File.ReadLines(file))
        {
            line++;
            if (text.Length == 0) continue;
            var cells = text.Split(',');
            if (columns == 0)
            {
                columns = cells.Length;
                (time, value) = (Column(cells, "timestamp"), Column(cells, "value"));
                if (time < 0 || value < 0) throw new CommandFailedException($"{file}:{line}: expected a header with timestamp and value, found '{text}'.");
                if (Column(cells, "anomaly_score") >= 0) throw new CommandFailedException($"{file}:{line}: has a column anomaly_score already; remove it first.");
                yield return text + ",anomaly_score";
                continue;
            }
            if (cells.Length != columns) throw new CommandFailedException($"{file}:{line}: expected {columns} columns, found {cells.Length}.");
            if (!DateTimeOffset.TryParse(cells[time], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
                throw new CommandFailedException($"{file}:{line}: timestamp '{cells[time]}' is not a time; expected e.g. 2026-01-12 08:00:00.");
            var number = double.NaN;
            if (cells[value].Trim().Length > 0 && !double.TryParse(cells[value], NumberStyles.Float, CultureInfo.InvariantCulture, out number))
                throw new CommandFailedException($"{file}:{line}: value '{cells[value]}' is not a number; expected e.g. 18.5, or nothing.");
            var score = double.IsFinite(number) ? normal.Observe(at.ToUnixTimeMilliseconds(), number) : 0;
            // Six digits round down, so that no row reads 0.5 that is below.
            yield return text + "," + (Math.Floor(score * 1e6) / 1e6).ToString("0.######", CultureInfo.InvariantCulture);
        }
        if (columns == 0) throw new CommandFailedException($"{file}:1: expected a header with timestamp and value, found nothing.");
    }

    private static int Column(string[] header, string name) => Array.FindIndex(header, cell => cell.Trim().Trim('"', '\uFEFF') == name);
}
