using System.CommandLine;
using System.Net.Sockets;
using System.Security.Cryptography;
using CityEdge.Hub.Cli;
using Microsoft.Data.Sqlite;

var root = new RootCommand("CityEdge hub: MQTT in, telemetry stored, one ticket for one fault. See 'cityedge-hub COMMAND --help'.");
foreach (var command in new[] { ServeCommand.Build(), DemoCommand.Build(), AccountCommands.Devices(), TlsCommands.Build(), AccountCommands.Users(), RuleCommands.Build(), AssetCommands.Build(), DeskCommands.Catalogue(), DeskCommands.Sla(), DeskCommands.Mode(), ComplaintCommands.Build(), StoreCommands.Journal(), StoreCommands.DeadLetter(), NotificationCommands.Build(), TelemetryCommands.Build(), ReportCommands.Build(), BackupCommands.Backup(), BackupCommands.Restore() })
    root.Subcommands.Add(command);
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors) Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine("See 'cityedge-hub --help'.");
    return 2;
}
try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
}
catch (UsageException error)
{
    Console.Error.WriteLine(error.Message);
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Interrupted.");
    return 1;
}
catch (Exception error) when (error is CommandFailedException or ArgumentException or FormatException or IOException or InvalidDataException or UnauthorizedAccessException or SqliteException or CryptographicException or SocketException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

/// <summary>Entry point of <c>cityedge-hub</c>; public for tests that host it.</summary>
public partial class Program;
