using System.CommandLine;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher doctor</c>: checks all that must hold in a store, also beside a running server.</summary>
internal static class DoctorCommand
{
    public static Command Create(HostEdges edges)
    {
        var (data, store, config, json) = (SharedOptions.Data(), SharedOptions.Store(), SharedOptions.Config(), SharedOptions.Json());
        var quick = new Option<bool>("--quick") { Description = "Leave out whether each index of the database agrees with its table" };
        var noFiles = new Option<bool>("--no-artifacts") { Description = "Leave out whether the files that steps left are there" };
        var command = new Command("doctor", "Check that a data directory or database is sound; also beside a running server. Changes nothing") { data, store, config, json, quick, noFiles };
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = EffectiveSettings.Load(edges, parsed.GetValue(config), parsed.GetValue(data), parsed.GetValue(store));
            var place = new StorePlace(settings);
            if (!await place.Exists()) throw new CommandException(ExitCode.NotFound, $"There is nothing to check in {place.Name}: no Dispatcher has run there yet.");
            await using var opened = await place.OpenReadOnly(edges.Time);
            var options = new DoctorOptions { Quick = parsed.GetValue(quick), IsLive = await place.FindHolder(opened) is not null, IsCluster = place.Postgres is not null };
            var artifacts = parsed.GetValue(noFiles) ? null : EmbeddedEngine.Artifacts(settings, edges.Time);
            var doctor = new StoreDoctor(opened, opened, artifacts, edges.Time, options);
            var report = await doctor.Run(new DoctorProgressLines(edges), cancellation);
            edges.Out.Write(parsed.GetValue(json) ? DoctorText.Json(report, place.Name) : DoctorText.Plain(report, place.Name));
            return report.IsHealthy ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }
}
