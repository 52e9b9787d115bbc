using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Gemma4.Unity
{
    // The functions of libgemma4 that the two components call, as include/gemma4/*.h declares them.
    // size_t is UIntPtr; structs have the fields of version 0.1 and say so by their struct_size.
    internal static class NativeMethods
    {
        private const string Library = "gemma4";

        internal const int Ok = 0;
        internal const int EventText = 3, EventEnd = 4, EventThought = 5, EventToolCall = 6;
        internal const int EndStopToken = 1, EndMaxTokens = 2, EndContextFull = 3, EndToolCalls = 5;

        [StructLayout(LayoutKind.Sequential)]
        internal struct LoadParams
        {
            internal UIntPtr StructSize;
            internal int Weights, CopyFiles;
            internal UIntPtr NumThreads, PrefillChunkTokens;
            internal IntPtr CacheFolder;
            internal ulong MemoryBudgetBytes;
            internal IntPtr Progress, ProgressUserdata, Cancel;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct SamplerParams
        {
            internal UIntPtr StructSize;
            internal ulong Seed;
            internal float Temperature, TopP;
            internal long TopK;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct SessionParams
        {
            internal UIntPtr StructSize;
            internal IntPtr Sampler, StopTokenIds;
            internal UIntPtr NumStopTokenIds, MaxNewTokens;
            internal int KvType, Reserved;
            internal UIntPtr MaxContextTokens;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct StepParams
        {
            internal UIntPtr StructSize;
            internal IntPtr Cancel;
            internal ulong TimeBudgetUs;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct Event
        {
            internal UIntPtr StructSize;
            internal int Kind, EndReason, TokenId, Status;
            internal IntPtr Text;
            internal UIntPtr TextSize, NumTokensDone, NumTokensTotal, NumTokensReused, NumTokensDropped;
            internal IntPtr ToolName;
            internal UIntPtr ToolNameSize;
            internal IntPtr ToolArgumentsJson;
            internal UIntPtr ToolArgumentsJsonSize;
            internal int ToolCallId, IsMalformed;
        }

        [DllImport(Library)]
        internal static extern IntPtr gemma4_last_error_message();

        [DllImport(Library)]
        internal static extern IntPtr gemma4_status_name(int status);

        [DllImport(Library)]
        internal static extern int gemma4_cancel_create(out IntPtr cancel);

        [DllImport(Library)]
        internal static extern void gemma4_cancel_set(IntPtr cancel);

        [DllImport(Library)]
        internal static extern void gemma4_cancel_free(IntPtr cancel);

        [DllImport(Library)]
        internal static extern void gemma4_load_params_init(ref LoadParams loadParams, UIntPtr structSize);

        [DllImport(Library)]
        internal static extern int gemma4_model_load(byte[] path, ref LoadParams loadParams, out IntPtr model);

        [DllImport(Library)]
        internal static extern void gemma4_model_free(IntPtr model);

        [DllImport(Library)]
        internal static extern UIntPtr gemma4_model_prefill_chunk_tokens(IntPtr model);

        [DllImport(Library)]
        internal static extern UIntPtr gemma4_model_max_context_tokens(IntPtr model);

        [DllImport(Library)]
        internal static extern void gemma4_sampler_params_init(ref SamplerParams samplerParams, UIntPtr structSize);

        [DllImport(Library)]
        internal static extern void gemma4_session_params_init(ref SessionParams sessionParams, UIntPtr structSize);

        [DllImport(Library)]
        internal static extern int gemma4_session_create(IntPtr model, ref SessionParams sessionParams, out IntPtr session);

        [DllImport(Library)]
        internal static extern void gemma4_session_free(IntPtr session);

        [DllImport(Library)]
        internal static extern int gemma4_session_add_system_text(IntPtr session, byte[] text, UIntPtr textSize);

        [DllImport(Library)]
        internal static extern int gemma4_session_add_user_text(IntPtr session, byte[] text, UIntPtr textSize);

        [DllImport(Library)]
        internal static extern int gemma4_session_set_tools_json(IntPtr session, byte[] toolsJson, UIntPtr toolsJsonSize);

        [DllImport(Library)]
        internal static extern int gemma4_session_set_thinking(IntPtr session, int enable);

        [DllImport(Library)]
        internal static extern int gemma4_session_add_tool_result(IntPtr session, int toolCallId, byte[] result,
            UIntPtr resultSize);

        [DllImport(Library)]
        internal static extern int gemma4_session_add_tool_result_json(IntPtr session, int toolCallId,
            byte[] resultJson, UIntPtr resultJsonSize);

        [DllImport(Library)]
        internal static extern int gemma4_step_many(IntPtr[] sessions, UIntPtr numSessions, ref StepParams stepParams,
            [In, Out] Event[] events);

        internal static UIntPtr SizeOf<T>()
        {
            return (UIntPtr)(uint)Marshal.SizeOf(typeof(T));
        }

        // Text of the library's: UTF-8 that is valid now, and copied.
        internal static string ReadText(IntPtr text, UIntPtr size)
        {
            var bytes = new byte[(int)size];
            Marshal.Copy(text, bytes, 0, bytes.Length);
            return Encoding.UTF8.GetString(bytes);
        }

        internal static string ReadText(IntPtr nulTerminated)
        {
            int size = 0;
            while (Marshal.ReadByte(nulTerminated, size) != 0) ++size;
            return ReadText(nulTerminated, (UIntPtr)(uint)size);
        }

        // Of this thread's last failed call: read it before anything else is called.
        internal static string LastError()
        {
            return ReadText(gemma4_last_error_message());
        }
    }
}
