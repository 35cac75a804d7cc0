using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>
/// Frames turned on their side: all x of the left knee, then all its y, and so on. Numbers that follow each other in time differ by little, so they pack into half of what
/// whole frames pack into. Each number stays as it was written.
/// </summary>
internal sealed class KeypointColumns
{
    private const string Frames = "frames";

    private static readonly string[] FrameFields = ["frame_id", "timestamp", "keypoints"];
    private static readonly string[] JointFields = ["x", "y", "confidence"];

    private readonly JsonElement? _rest;
    private readonly ArrayBufferWriter<byte> _ids = new();
    private readonly ArrayBufferWriter<byte> _timestamps = new();
    private readonly List<string> _joints = [];

    /// <summary>For each joint its x, y and confidence.</summary>
    private readonly List<ArrayBufferWriter<byte>> _columns = [];

    private KeypointColumns(JsonElement? rest) => _rest = rest;

    /// <summary>Null if the frames are not alike: then they are no table.</summary>
    /// <param name="keypoints">A list of frames, or an object with one.</param>
    public static KeypointColumns? Of(JsonElement keypoints)
    {
        var isList = keypoints.ValueKind == JsonValueKind.Array;
        var frames = keypoints;
        if (!isList && (!keypoints.TryGetProperty(Frames, out frames) || frames.ValueKind != JsonValueKind.Array)) return null;
        var columns = new KeypointColumns(isList ? null : keypoints);
        var isFirst = true;
        foreach (var frame in frames.EnumerateArray())
        {
            if (!columns.Add(frame, isFirst)) return null;
            isFirst = false;
        }

        return isFirst ? null : columns;
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (_rest is { } recording)
        {
            writer.WriteStartObject("rest");
            foreach (var field in recording.EnumerateObject().Where(field => field.Name != Frames)) field.WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteStartArray("joints");
        foreach (var joint in _joints) writer.WriteStringValue(joint);
        writer.WriteEndArray();
        writer.WriteStartArray("columns");
        foreach (var column in (IEnumerable<ArrayBufferWriter<byte>>)[_ids, _timestamps, .. _columns])
        {
            column.Write("]"u8);
            writer.WriteRawValue(column.WrittenSpan, skipInputValidation: true);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>What was turned on its side, upright again.</summary>
    /// <param name="limitBytes">Of what comes out: a joint's name stands once in the table, and then in each frame.</param>
    /// <exception cref="JsonException">It was not made by <see cref="Write"/>.</exception>
    /// <exception cref="InvalidDataException">It comes to more bytes.</exception>
    public static JsonElement Read(JsonElement table, int limitBytes)
    {
        try
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                var rest = table.TryGetProperty("rest", out var recording) ? recording : (JsonElement?)null;
                if (rest is { } fields)
                {
                    writer.WriteStartObject();
                    foreach (var field in fields.EnumerateObject()) field.WriteTo(writer);
                    writer.WritePropertyName(Frames);
                }

                WriteFrames(table, writer, limitBytes);
                if (rest is not null) writer.WriteEndObject();
            }

            return JsonElement.Parse(buffer.WrittenSpan);
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException)
        {
            throw new JsonException("The packed keypoints are no table.", fault);
        }
    }

    private static void WriteFrames(JsonElement table, Utf8JsonWriter writer, int limitBytes)
    {
        var joints = table.GetProperty("joints").EnumerateArray().Select(joint => joint.GetString() ?? throw new JsonException("A joint has no name.")).ToArray();
        var columns = table.GetProperty("columns").EnumerateArray().Select(column => column.EnumerateArray()).ToArray();
        if (columns.Length != 2 + (joints.Length * JointFields.Length)) throw new JsonException("The packed keypoints have not as many columns as their joints need.");
        writer.WriteStartArray();
        while (columns[0].MoveNext())
        {
            writer.WriteStartObject();
            writer.WritePropertyName(FrameFields[0]);
            columns[0].Current.WriteTo(writer);
            Write(FrameFields[1], 1);
            writer.WriteStartObject(FrameFields[2]);
            for (var joint = 0; joint < joints.Length; joint++)
            {
                writer.WriteStartObject(joints[joint]);
                for (var field = 0; field < JointFields.Length; field++) Write(JointFields[field], 2 + (joint * JointFields.Length) + field);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
            if (writer.BytesCommitted + writer.BytesPending > limitBytes) throw new InvalidDataException($"The keypoints unpack to more than {limitBytes} bytes.");
        }

        writer.WriteEndArray();

        void Write(string name, int column)
        {
            if (!columns[column].MoveNext()) throw new JsonException("A column of the packed keypoints is shorter than the first.");
            writer.WritePropertyName(name);
            columns[column].Current.WriteTo(writer);
        }
    }

    private bool Add(JsonElement frame, bool isFirst)
    {
        var field = 0;
        foreach (var part in frame.EnumerateObject())
        {
            if (field == FrameFields.Length || !part.NameEquals(FrameFields[field])) return false;
            if (field == 2 && !AddJoints(part.Value, isFirst)) return false;
            if (field < 2) Append(field == 0 ? _ids : _timestamps, part.Value, isFirst);
            field++;
        }

        return field == FrameFields.Length;
    }

    private bool AddJoints(JsonElement joints, bool isFirst)
    {
        var index = 0;
        foreach (var joint in joints.EnumerateObject())
        {
            if (isFirst)
            {
                _joints.Add(joint.Name);
                foreach (var _ in JointFields) _columns.Add(new ArrayBufferWriter<byte>());
            }
            else if (index == _joints.Count || !joint.NameEquals(_joints[index])) return false;

            if (!AddJoint(joint.Value, index++ * JointFields.Length, isFirst)) return false;
        }

        return index == _joints.Count;
    }

    private bool AddJoint(JsonElement joint, int column, bool isFirst)
    {
        var field = 0;
        foreach (var part in joint.EnumerateObject())
        {
            if (field == JointFields.Length || !part.NameEquals(JointFields[field])) return false;
            Append(_columns[column + field++], part.Value, isFirst);
        }

        return field == JointFields.Length;
    }

    private static void Append(ArrayBufferWriter<byte> column, JsonElement value, bool isFirst)
    {
        column.Write(isFirst ? "["u8 : ","u8);
        column.Write(JsonMarshal.GetRawUtf8Value(value));
    }
}
