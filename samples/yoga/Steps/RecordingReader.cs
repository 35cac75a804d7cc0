using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Functions;
using Dispatcher.Web.Contracts.Yogacoach;
using Yoga.Keypoints;

namespace Yoga.Steps;

/// <summary>From the job's <c>keypoints_data</c>, which may be packed, to a recording.</summary>
internal static class RecordingReader
{
    /// <summary>Names are exact, as where the recording was measured.</summary>
    private static readonly JsonSerializerOptions Exact = new(StepJson.Options) { PropertyNameCaseInsensitive = false };

    /// <summary>An object with <c>frames</c>, or a bare list of frames.</summary>
    /// <exception cref="StepFailedException">It is neither: <see cref="ErrorClass.InvalidInput"/>.</exception>
    public static Recording Read(JsonElement keypointsData)
    {
        try
        {
            var data = PackedKeypoints.Unpack(keypointsData);
            return data.ValueKind == JsonValueKind.Array
                ? new Recording { Frames = data.Deserialize<IReadOnlyList<Frame>>(Exact)! }
                : data.Deserialize<Recording>(Exact)!;
        }
        catch (Exception fault) when (fault is JsonException or FormatException or InvalidDataException)
        {
            throw new StepFailedException(ErrorClass.InvalidInput, $"keypoints_data: {fault.Message}", "INVALID_KEYPOINTS");
        }
    }
}
