using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>JSON that an option or a file gives, to be sent to a server.</summary>
internal static class JsonArgument
{
    private static readonly JsonDocumentOptions NoDoubles = new() { AllowDuplicateProperties = false };

    /// <param name="what">How the file is named in refusals.</param>
    /// <exception cref="CommandException">The file cannot be read, or holds no JSON object.</exception>
    public static JsonObject ReadObject(string path, string currentDirectory, string what)
    {
        try
        {
            return Parse(File.ReadAllText(Path.GetFullPath(path, currentDirectory)), what) as JsonObject ?? throw new CommandException(ExitCode.Usage, $"{what} must be one JSON object.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCode.Usage, $"{what} cannot be read: {fault.Message}");
        }
    }

    /// <exception cref="CommandException">The text is no JSON, or names a field twice.</exception>
    public static JsonNode? Parse(string json, string what)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: NoDoubles);
        }
        catch (JsonException fault)
        {
            throw new CommandException(ExitCode.Usage, $"{what} is not JSON: {fault.Message}");
        }
    }
}
