using System.Globalization;
using System.Text.Json;
using Dispatcher.Steps.Functions;

namespace Yoga.Recordings;

/// <summary><c>record DIRECTORY [SEED]</c>: leaves the request for a job for each scene, as an app would send it.</summary>
internal static class RecordCommand
{
    public static void Run(string directory, string[] rest)
    {
        var seed = rest is [var text] ? ulong.Parse(text, CultureInfo.InvariantCulture) : 1;
        Directory.CreateDirectory(directory);
        foreach (var (name, scene) in Scenes.All)
        {
            var file = Path.Combine(directory, $"{name}.json");
            File.WriteAllBytes(file, JsonSerializer.SerializeToUtf8Bytes(RequestOf(scene, seed, name == "wobbling" ? "web" : "line"), StepJson.Options));
            Console.WriteLine(file);
        }
    }

    internal static object RequestOf(Scene scene, ulong seed, string channel) => new
    {
        payload_type = "keypoints",
        payload = new { keypoints_data = Recorder.Record(scene, seed) },
        callback_config = new { channel, user_id = "user-123" },
        pipeline_version = "v1.2.0",
    };
}
