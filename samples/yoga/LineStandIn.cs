using System.Text.Json;

namespace Yoga;

/// <summary>
/// Stands in for the LINE platform, on this machine: takes push messages, keeps them in a file, and answers a retry key that it knows with 409, as the
/// real one does. <c>--refuse-flex true</c> makes it refuse Flex messages.
/// </summary>
internal static class LineStandIn
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        var book = new MessageBook(Path.GetFullPath(builder.Configuration["file"] ?? "line-messages.jsonl"));
        var refusesFlex = builder.Configuration.GetValue("refuse-flex", defaultValue: false);
        var app = builder.Build();
        app.MapPost("/v2/bot/message/push", async (HttpRequest request) =>
        {
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(request.Body);
            if (refusesFlex && body.GetProperty("messages")[0].GetProperty("type").GetString() == "flex") return Results.BadRequest(new { message = "A message (messages[0]) in the request body is invalid" });
            return book.Add(request.Headers["X-Line-Retry-Key"].ToString(), body)
                ? Results.Ok(new { })
                : Results.Conflict(new { message = "The retry key is already accepted" });
        });
        app.MapGet("/messages", () => book.All);
        return app;
    }

    private sealed class MessageBook
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, JsonElement> _messages = new(StringComparer.Ordinal);
        private readonly string _file;

        public MessageBook(string file)
        {
            _file = file;
            if (!File.Exists(file)) return;
            foreach (var line in File.ReadLines(file).Select(line => JsonElement.Parse(line))) _messages[line.GetProperty("key").GetString()!] = line.GetProperty("body");
        }

        public IReadOnlyDictionary<string, JsonElement> All
        {
            get
            {
                lock (_gate) return new Dictionary<string, JsonElement>(_messages, StringComparer.Ordinal);
            }
        }

        /// <returns>False if it was taken before.</returns>
        public bool Add(string key, JsonElement body)
        {
            lock (_gate)
            {
                if (!_messages.TryAdd(key, body)) return false;
                File.AppendAllText(_file, JsonSerializer.Serialize(new { key, body }) + "\n");
                return true;
            }
        }
    }
}
