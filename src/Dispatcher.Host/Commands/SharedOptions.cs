using System.CommandLine;
using Dispatcher.Host.Configuration;

namespace Dispatcher.Host.Commands;

/// <summary>Options that several commands have, each described once.</summary>
internal static class SharedOptions
{
    public const string DataName = "--data";
    public const string StoreName = "--store";

    public static Option<string?> Data() => new(DataName)
    {
        Description = "The data directory (setting dispatcher.data-directory; .dispatcher unless set)",
        HelpName = "DIR",
    };

    /// <summary>Beside <see cref="Data"/> wherever jobs are read or written.</summary>
    public static Option<string?> Store() => new(StoreName)
    {
        Description = $"The PostgreSQL database instead, for example \"Host=db;Database=dispatcher;Username=dispatcher\" (better in {SettingsEnvironment.StoreVariable} if it has a password)",
        HelpName = "CONNECTION",
    };

    public static Option<string?> Config() => new("--config") { Description = "A settings file in HOCON, over the defaults", HelpName = "FILE" };

    public static Option<bool> Json() => new("--json") { Description = "One JSON object with the result on stdout, nothing else" };

    public static Option<bool> Approve() => new("--approve") { Description = "Approve the job in your name, if its workflow requires approval" };

    public static Option<bool> Verbose() => new("--verbose") { Description = "Log to stderr as dispatcher.logging.level says, not warnings only" };

    /// <param name="rows">Shown unless the option says otherwise.</param>
    public static Option<int> Limit(string description, int rows)
    {
        var option = new Option<int>("--limit") { Description = description, DefaultValueFactory = _ => rows };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--limit must be at least 1.");
        });
        return option;
    }

    public static Option<string> Output(params string[] formats)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = string.Join(" | ", formats),
            HelpName = "FORMAT",
            DefaultValueFactory = _ => formats[0],
        };
        return option.AcceptOnlyFromAmong(formats);
    }
}
