using System.Net.Http.Headers;

namespace Yoga;

/// <summary><c>create ADDRESS DIRECTORY</c>: asks for a job for each recording in <c>DIRECTORY/recordings</c>, each in a session of its own, and keeps the answers. Asked again it gets the same jobs.</summary>
internal static class CreateCommand
{
    /// <returns>The exit code: 1 if a job was refused.</returns>
    public static async Task<int> Run(string address, string directory, bool smoke)
    {
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        foreach (var recording in Directory.EnumerateFiles(Path.Combine(directory, "recordings"), "*.json").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(recording);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/yogacoach/jobs") { Content = new ByteArrayContent(await File.ReadAllBytesAsync(recording)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("x-session-id", $"demo-{name}");
            using var answer = await client.SendAsync(request);
            var body = await answer.Content.ReadAsStringAsync();
            if (!smoke || !answer.IsSuccessStatusCode) Console.WriteLine($"{name,-12} {(int)answer.StatusCode} {body}");
            if (!answer.IsSuccessStatusCode) return 1;
            await File.WriteAllTextAsync(Path.Combine(directory, $"job-{name}.json"), body);
        }

        return 0;
    }
}
