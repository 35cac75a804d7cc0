using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Dispatcher.Coordination.Doctor;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Web.Admin;
using Dispatcher.Web.Json;

namespace Dispatcher.Host.Commands.Cluster;

/// <summary><c>dispatcher cluster-sharding verify</c>: over a server, or on the store itself, beside nodes or without any.</summary>
internal static class VerifyCommand
{
    /// <summary>Places that are shown; the JSON has more.</summary>
    private const int FaultsShown = 20;

    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var (data, store, config) = (SharedOptions.Data(), SharedOptions.Store(), SharedOptions.Config());
        var output = SharedOptions.Output("table", "json");
        var command = new Command("verify", "Prove from the store that no epoch has two writers and no job's events have a gap; exit code 1 if not") { data, store, config, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            var found = remote.Find(parsed) is { } api
                ? await Remotely(api)
                : await OnStore(edges, EffectiveSettings.Load(edges, parsed.GetValue(config), parsed.GetValue(data), parsed.GetValue(store)), cancellation);
            edges.Out.Write(parsed.GetRequiredValue(output) == "json" ? JsonText.Of(found) + "\n" : Text(found));
            return ClusterText.IsTrue(found, "sound") ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static async Task<JsonElement> Remotely(ApiClient api)
    {
        using (api) return await api.Post("admin/shards/verify", null);
    }

    private static async Task<JsonElement> OnStore(HostEdges edges, Configuration.DispatcherSettings settings, CancellationToken cancellation)
    {
        var place = new StorePlace(settings);
        if (!await place.Exists()) throw new CommandException(ExitCode.NotFound, $"There is nothing to verify in {place.Name}: no Dispatcher has run there yet.");
        await using var opened = await place.OpenReadOnly(edges.Time);
        var isLive = await place.FindHolder(opened) is not null;
        return JsonSerializer.SerializeToElement(VerificationView.Of(await ClusterVerification.Run(opened, edges.Time, isLive, cancellation)), ApiJson.Options);
    }

    private static string Text(JsonElement found)
    {
        var looked = string.Create(
            CultureInfo.InvariantCulture,
            $"{found.GetProperty("jobs").GetInt64():N0} jobs, {found.GetProperty("events").GetInt64():N0} events, {found.GetProperty("epochs").GetInt64():N0} epochs of {found.GetProperty("shards").GetInt64():N0} shards");
        var text = new System.Text.StringBuilder(ClusterText.IsTrue(found, "sound")
            ? $"Sound: {looked}. No epoch has two writers, and no job's events have a gap.\n"
            : $"NOT SOUND: {looked}.\n");
        if (found.GetProperty("outside_events").GetInt64() is > 0 and var outside)
            text.Append(CultureInfo.InvariantCulture, $"{outside:N0} events are of processes that were no members of the cluster, such as imported ones.\n");
        foreach (var problem in found.GetProperty("problems").EnumerateObject()) text.Append(CultureInfo.InvariantCulture, $"  {problem.Name}: {problem.Value.GetInt64():N0}\n");
        foreach (var fault in found.GetProperty("faults").EnumerateArray().Take(FaultsShown))
            text.Append(CultureInfo.InvariantCulture, $"    {fault.Text("problem")}  shard {fault.Cell("shard")}  job {fault.Cell("job_id")}  {fault.Text("detail")}\n");
        return text.ToString();
    }
}
