using System.CommandLine;
using System.Globalization;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Terminal;
using Dispatcher.Store.Import;
using Dispatcher.Store.Postgres;

namespace Dispatcher.Host.Commands.Database;

/// <summary><c>dispatcher db</c>: the PostgreSQL database of a cluster, before and beside its nodes.</summary>
internal static class DatabaseCommands
{
    public static Command Create(HostEdges edges)
    {
        var command = new Command("db", "Make, look at and fill the PostgreSQL database of a cluster");
        var database = DatabaseOptions.AddTo(command, edges);
        command.Add(Status(edges, database));
        command.Add(Migrate(edges, database));
        command.Add(Import(edges, database));
        return command;
    }

    private static Command Status(HostEdges edges, DatabaseOptions database)
    {
        var json = SharedOptions.Json();
        var command = new Command("status", "Say what the database holds, and whether this program can use it; exit code 1 if it cannot") { json };
        command.SetAction(async (parsed, _) =>
        {
            var status = await PostgresAdministration.Status(database.Require(parsed));
            edges.Out.Write(parsed.GetValue(json) ? JsonText.Of(status) + "\n" : Text(status));
            return status.Version == status.KnownVersion ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static Command Migrate(HostEdges edges, DatabaseOptions database)
    {
        var command = new Command("migrate", "Make the schema, or bring it up to date; nodes do so themselves if their role may");
        command.SetAction(async (parsed, _) =>
        {
            var options = database.Require(parsed);
            var (before, now) = await PostgresAdministration.Migrate(options, edges.Time.GetUtcNow());
            edges.Out.WriteLine(before == now ? $"{options.Schema} is at schema {now}: nothing to do." : $"{options.Schema} was brought from schema {before} to {now}.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Import(HostEdges edges, DatabaseOptions database)
    {
        var file = new Argument<string>("FILE") { Description = "The data directory of an embedded Dispatcher, its dispatcher.db, or a backup of it" };
        var json = SharedOptions.Json();
        var command = new Command("import", "Move an embedded Dispatcher's jobs with their ids and history into the database; go on where an earlier import ended") { file, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(file), edges.CurrentDirectory);
            var report = await StoreImport.Run(path, database.Require(parsed), edges.Time, new ImportProgressLines(edges), cancellation);
            edges.Out.WriteLine(parsed.GetValue(json) ? JsonText.Of(report) : Text(report));
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Text(ImportReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Jobs:N0} jobs with {report.Events:N0} events are in the database, {report.AlreadyThere:N0} of them from before; read back and compared: {report.Digest}");

    private static string Text(PostgresStatus status)
    {
        var schema = status.Version switch
        {
            0 => "is not there yet: run `dispatcher db migrate`",
            _ when status.Version < status.KnownVersion => $"{status.Version}, this program needs {status.KnownVersion}: run `dispatcher db migrate`",
            _ when status.Version > status.KnownVersion => $"{status.Version}, this program knows {status.KnownVersion}: use a newer one",
            _ => $"{status.Version}, up to date",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            server      PostgreSQL {status.Server}
            schema      {status.Schema}: {schema}
            shards      {status.Shards ?? "not decided"}
            jobs        {status.Jobs:N0}
            nodes       {status.LivingNodes:N0} noted as alive
            partitions  {status.Partitions:N0}

            """);
    }
}

/// <summary>How far an import is, on stderr, every few seconds.</summary>
internal sealed class ImportProgressLines(HostEdges edges) : IProgress<ImportProgress>
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(2);

    private long? _lastLineAt;

    public void Report(ImportProgress value)
    {
        if (_lastLineAt is { } last && edges.Time.GetElapsedTime(last) < BetweenLines) return;
        _lastLineAt = edges.Time.GetTimestamp();
        edges.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Moved {value.Jobs:N0} of about {value.AllJobs:N0} jobs, {value.Events:N0} events"));
    }
}
