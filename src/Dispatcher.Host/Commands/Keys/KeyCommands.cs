using System.CommandLine;
using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration.Hocon;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Web.Access;
using Dispatcher.Web.Keys;

namespace Dispatcher.Host.Commands.Keys;

/// <summary><c>dispatcher key</c>: who may call the service. Works on the data directory, through the server that runs there if there is one.</summary>
internal static class KeyCommands
{
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(36_500);

    public static Command Create(HostEdges edges)
    {
        var command = new Command("key", "Make, list, replace and revoke API keys, in a data directory or on a server");
        var desks = new KeyDesks(edges, RemoteOptions.AddTo(command, edges));
        command.Add(CreateKey(edges, desks));
        command.Add(ListKeys(edges, desks));
        command.Add(RotateKey(edges, desks));
        command.Add(RevokeKey(edges, desks));
        return command;
    }

    private static Command CreateKey(HostEdges edges, KeyDesks desks)
    {
        var tenant = new Option<string?>("--tenant") { Description = $"Whose key it is ({Caller.DefaultTenant}, or on a server your own tenant, unless given)", HelpName = "TENANT" };
        var roles = new Option<string[]>("--role") { Description = $"{RoleSet.Names} (the last two are of the machine); several with commas", HelpName = "ROLE", Required = true };
        var name = new Option<string?>("--name") { Description = "What people call it", HelpName = "NAME" };
        var expires = new Option<string?>("--expires") { Description = "After which time it is worth nothing, for example 90d", HelpName = "DURATION" };
        return desks.Command("create", "Make a key and print it, this once", [tenant, roles, name, expires], mayMake: true, async (parsed, desk) =>
        {
            var made = await desk.Create(new CreateKeyRequest
            {
                Tenant = parsed.GetValue(tenant),
                Roles = [.. parsed.GetRequiredValue(roles).SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
                Name = parsed.GetValue(name),
                ExpiresAt = Duration(parsed.GetValue(expires), "--expires") is { } lifetime ? edges.Time.GetUtcNow() + lifetime : null,
            });
            WriteNew(edges, desks.IsJson(parsed), made);
        });
    }

    private static Command ListKeys(HostEdges edges, KeyDesks desks) => desks.Command("list", "List the keys, never the keys themselves", [], mayMake: false, async (parsed, desk) =>
    {
        var keys = await desk.List();
        if (desks.IsJson(parsed)) edges.Out.WriteLine(JsonText.Of(keys));
        else PlainTable.Write(edges.Out, ["id", "tenant", "name", "roles", "status", "created", "expires"], keys.GetProperty("items").EnumerateArray().Select(Row));
    });

    private static Command RotateKey(HostEdges edges, KeyDesks desks)
    {
        var id = new Argument<string>("ID") { Description = "The key's id" };
        var grace = new Option<string?>("--grace") { Description = "How long the old key stays good (setting dispatcher.web.key-rotation-grace)", HelpName = "DURATION" };
        return desks.Command("rotate", "Make a successor of a key and print it; the old one stays good for a while", [id, grace], mayMake: false, async (parsed, desk) =>
            WriteNew(edges, desks.IsJson(parsed), await desk.Rotate(parsed.GetRequiredValue(id), Duration(parsed.GetValue(grace), "--grace"))));
    }

    private static Command RevokeKey(HostEdges edges, KeyDesks desks)
    {
        var id = new Argument<string>("ID") { Description = "The key's id" };
        return desks.Command("revoke", "End a key at once", [id], mayMake: false, async (parsed, desk) =>
        {
            await desk.Revoke(parsed.GetRequiredValue(id));
            await edges.Error.WriteLineAsync($"The key {parsed.GetRequiredValue(id)} is revoked.");
        });
    }

    /// <summary>The key alone on stdout, so that a script can take it; what to know about it on stderr.</summary>
    private static void WriteNew(HostEdges edges, bool isJson, JsonElement key)
    {
        if (isJson)
        {
            edges.Out.WriteLine(JsonText.Of(key));
            return;
        }

        edges.Error.WriteLine($"The key {Text(key, "id")} of tenant {Text(key, "tenant")} ({Roles(key)}); it is shown only now:");
        edges.Out.WriteLine(Text(key, "key"));
    }

    private static string[] Row(JsonElement key) =>
        [Text(key, "id"), Text(key, "tenant"), CellText.Cut(Text(key, "name"), 40), Roles(key), Text(key, "status"), Text(key, "created_at"), Text(key, "expires_at")];

    private static string Roles(JsonElement key) => string.Join(',', key.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));

    private static string Text(JsonElement key, string field) => key.TryGetProperty(field, out var value) ? value.GetString() ?? string.Empty : string.Empty;

    private static TimeSpan? Duration(string? text, string option)
    {
        if (text is null) return null;
        return char.IsAsciiLetter(text.LastOrDefault()) && HoconUnits.TryReadDuration(text, out var duration) && duration >= TimeSpan.Zero && duration <= LongestDuration
            ? duration
            : throw new CommandException(ExitCode.Usage, $"{option} '{text}' is no duration up to {LongestDuration.Days} days: write 90d, 24h or 30m.");
    }
}
