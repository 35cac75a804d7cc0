using System.CommandLine;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Terminal;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher doctor</c>: checks all that must hold in a data directory, also beside a running server.</summary>
internal static class DoctorCommand
{
    public static Command Create(HostEdges edges)
    {
        var (data, config, json) = (SharedOptions.Data(), SharedOptions.Config(), SharedOptions.Json());
        var quick = new Option<bool>("--quick") { Description = "Leave out whether each index of the database agrees with its table" };
        var noFiles = new Option<bool>("--no-artifacts") { Description = "Leave out whether the files that steps left are there" };
        var command = new Command("doctor", "Check that a data directory is sound; also beside a running server. Changes nothing") { data, config, json, quick, noFiles };
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = EffectiveSettings.Load(edges, parsed.GetValue(config), parsed.GetValue(data));
            var directory = settings.DataDirectory;
            if (!SqliteJobStore.Exists(directory)) throw new CommandException(ExitCode.NotFound, $"There is nothing to check in {directory}: no Dispatcher has run there yet.");
            await using var store = SqliteJobStore.OpenReadOnly(directory, NullLogger.Instance);
            var options = new DoctorOptions { Quick = parsed.GetValue(quick), IsLive = SqliteJobStore.FindWriter(directory) is not null };
            var artifacts = parsed.GetValue(noFiles) ? null : EmbeddedEngine.Artifacts(settings, edges.Time);
            var doctor = new StoreDoctor(store, store, artifacts, edges.Time, options);
            var report = await doctor.Run(new DoctorProgressLines(edges), cancellation);
            edges.Out.Write(parsed.GetValue(json) ? DoctorText.Json(report, directory) : DoctorText.Plain(report, directory));
            return report.IsHealthy ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }
}
