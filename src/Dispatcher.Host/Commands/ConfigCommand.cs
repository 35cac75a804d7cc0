using System.CommandLine;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration.Hocon;
using Dispatcher.Host.Terminal;
using Dispatcher.Store.Postgres;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher config</c></summary>
internal static class ConfigCommand
{
    public static Command Create(HostEdges edges)
    {
        var config = SharedOptions.Config();
        var check = new Option<bool>("--check") { Description = "Only say whether the settings are right" };
        var command = new Command("config", "Show the settings in effect and where each comes from") { config, check };
        command.SetAction(parsed =>
        {
            var settings = EffectiveSettings.LoadChecked(edges, parsed.GetValue(config));
            if (parsed.GetValue(check)) edges.Out.WriteLine($"The configuration is right: {settings.Values.Count} settings.");
            else PlainTable.Write(edges.Out, ["setting", "value", "origin"], settings.Values.Select(pair => new[] { pair.Key, Shown(pair.Key, pair.Value), Origin(pair.Value) }));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>A connection string may hold a password, and a token is one.</summary>
    private static string Shown(string path, HoconValue value) => path switch
    {
        "dispatcher.store.connection" when value.ToString() is { Length: > 0 } connection => PostgresConnectionText.WithoutSecrets(connection),
        "dispatcher.provider.token" when value.ToString() is { Length: > 0 } => "***",
        _ => Text(value),
    };

    private static string Text(HoconValue value) => value switch
    {
        HoconArray list => $"[{string.Join(", ", list.Items)}]",
        HoconScalar { Text.Length: 0 } => "\"\"",
        _ => value.ToString() ?? "",
    };

    private static string Origin(HoconValue value)
    {
        var origin = value.Origin;
        return origin.Source.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal)
            ? (origin with { Source = Path.GetFileName(origin.Source) }).FileAndLine
            : origin.FileAndLine;
    }
}
