using System.Text.Json;
using Dispatcher.Host.Commands;
using Dispatcher.Host.Configuration;
using Dispatcher.Steps.Handlers.Channels;
using Dispatcher.Web;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Host.Composition;

/// <summary>The channels of <c>dispatcher serve</c>, as the settings say.</summary>
internal static class ChannelSetup
{
    private const string BindingsSetting = "dispatcher.channels.bindings-file";
    private const string UrlSetting = "dispatcher.channels.line-url";
    private const string TokenSetting = "dispatcher.channels.line-token-file";

    /// <exception cref="CommandException">A file cannot be read, or says nothing that makes sense.</exception>
    public static void Add(IServiceCollection services, ChannelSettings settings, string directory)
    {
        if (settings.BindingsFile.Length > 0)
            services.AddSingleton<IChannelDirectory>(new ConfiguredDirectory(Bindings(ReadFile(settings.BindingsFile, directory, BindingsSetting), settings.BindingsFile)));
        services.AddChannels(new ChannelOptions
        {
            MaxAttempts = settings.MaxAttempts,
            Timeout = settings.Timeout,
            AllowPrivateAddresses = settings.AllowPrivateAddresses,
            Line = settings.LineUrl.Length > 0 ? Line(settings, directory) : null,
        });
    }

    /// <summary>The bindings of a file.</summary>
    /// <exception cref="CommandException">An entry is not as it must be; the message says which.</exception>
    internal static IReadOnlyList<KeyValuePair<(string Tenant, string User, string Channel), ChannelBinding>> Bindings(string json, string file)
    {
        try
        {
            var list = JsonElement.Parse(json);
            if (list.ValueKind != JsonValueKind.Array) throw Fault($"{BindingsSetting}: {file} is no list");
            var bindings = list.EnumerateArray().Select((entry, index) => BindingOf(entry, $"{BindingsSetting}: {file}: entry {index}")).ToList();
            if (bindings.GroupBy(binding => binding.Key).FirstOrDefault(group => group.Count() > 1) is { Key: var twice })
                throw Fault($"{BindingsSetting}: {file} binds the user {twice.User} of {twice.Tenant} twice to the channel {twice.Channel}");
            return bindings;
        }
        catch (JsonException fault)
        {
            throw Fault($"{BindingsSetting}: {file} is not JSON: {fault.Message}");
        }
    }

    private static KeyValuePair<(string Tenant, string User, string Channel), ChannelBinding> BindingOf(JsonElement entry, string place)
    {
        if (entry.ValueKind != JsonValueKind.Object) throw Fault($"{place} is no object");
        return new((Text("tenant"), Text("user"), Text("channel")), new ChannelBinding(Text("address")) { PushEnabled = Flag("push_enabled", absent: true), BotBlocked = Flag("bot_blocked", absent: false) });

        string Text(string field) => entry.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw Fault($"{place}: {field} must be a text that is not empty");

        bool Flag(string field, bool absent) => !entry.TryGetProperty(field, out var value) ? absent : value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Fault($"{place}: {field} must be true or false"),
        };
    }

    private static LineOptions Line(ChannelSettings settings, string directory)
    {
        var isAbsolute = Uri.TryCreate(settings.LineUrl, UriKind.Absolute, out var url);
        if (!isAbsolute || !(url!.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
            throw Fault($"{UrlSetting} must be an https URL, or an http URL of this machine: the token goes there");
        if (settings.LineTokenFile.Length == 0) throw Fault($"{UrlSetting} is set, and {TokenSetting} is not");
        var token = ReadFile(settings.LineTokenFile, directory, TokenSetting).Trim();
        return token.Length > 0 && token.All(character => character is > ' ' and <= '~') ? new LineOptions(url, token) : throw Fault($"{TokenSetting}: the file holds no token of printable ASCII characters");
    }

    private static string ReadFile(string path, string directory, string setting)
    {
        try
        {
            return File.ReadAllText(Path.GetFullPath(path, directory));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Fault($"{setting}: {fault.Message}");
        }
    }

    private static CommandException Fault(string what) => new(ExitCode.Usage, $"{what}.");
}
