namespace Dataset;

/// <summary>A server of images, for a source that is a process of its own: <c>Dataset images --dir DIR --urls URL</c>. Ends when its standard input does, or with <c>--stay true</c> when it is told.</summary>
internal static class ImageServer
{
    public static async Task<int> Run(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var directory = Path.GetFullPath(builder.Configuration["dir"] ?? throw new InvalidOperationException("Say where the images are: --dir DIRECTORY"));
        var app = builder.Build();
        app.MapGet("/images", () => Results.Json(Directory.GetFiles(directory).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
        app.MapGet("/images/{name}", (string name) => Path.Combine(directory, Path.GetFileName(name)) is var file && File.Exists(file) ? Results.File(file, "image/jpeg") : Results.NotFound());
        if (builder.Configuration.GetValue("stay", false))
        {
            await app.RunAsync();
            return 0;
        }

        await app.StartAsync();
        // Whoever started it holds the other end: it is gone when they are, however they went.
        while (await Console.In.ReadLineAsync() is not null)
        {
        }

        await app.StopAsync();
        return 0;
    }
}
