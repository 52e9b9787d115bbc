// A stand-in for the types of Unity that the package names, and a main loop to drive them. Unity's own
// run the same methods in the same order; what is drawn, saved or edited is left out.
using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;

namespace UnityEngine
{
    public class Object
    {
        public string name = "";

        public static void Destroy(Object target)
        {
            World.DestroyAtEndOfFrame(target);
        }

        // As in Unity: what was destroyed equals null.
        public static bool operator ==(Object left, Object right)
        {
            bool leftIsGone = ReferenceEquals(left, null) || left.IsDestroyed;
            bool rightIsGone = ReferenceEquals(right, null) || right.IsDestroyed;
            return leftIsGone || rightIsGone ? leftIsGone == rightIsGone : ReferenceEquals(left, right);
        }

        public static bool operator !=(Object left, Object right)
        {
            return !(left == right);
        }

        public override bool Equals(object other)
        {
            return other is Object && this == (Object)other;
        }

        public override int GetHashCode()
        {
            return base.GetHashCode();
        }

        internal bool IsDestroyed;
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject, new()
        {
            return new T();
        }
    }

    public class MonoBehaviour : Object
    {
        internal readonly List<MonoBehaviour> Siblings = new List<MonoBehaviour>();
        internal bool IsStarted;
        private bool isEnabled;

        public bool enabled
        {
            get { return isEnabled; }
            set
            {
                if (value == isEnabled) return;
                isEnabled = value;
                World.Send(this, value ? "OnEnable" : "OnDisable");
            }
        }

        public T GetComponent<T>() where T : MonoBehaviour
        {
            return (T)Siblings.Find(sibling => sibling is T);
        }
    }

    public class TextMesh : MonoBehaviour
    {
        public string text = "";
    }

    public static class Time
    {
        public static int frameCount { get; internal set; }
    }

    public static class Application
    {
        public static string streamingAssetsPath { get; set; }
    }

    // Frames: the methods that Unity finds by their names.
    public static class World
    {
        private static readonly List<MonoBehaviour> behaviours = new List<MonoBehaviour>();
        private static readonly List<Object> doomed = new List<Object>();
        private static readonly int mainThread = Thread.CurrentThread.ManagedThreadId;

        public static T Add<T>(params MonoBehaviour[] siblings) where T : MonoBehaviour, new()
        {
            var added = new T();
            added.Siblings.AddRange(siblings);
            behaviours.Add(added);
            Send(added, "Awake");
            added.enabled = true;
            return added;
        }

        public static void Frame()
        {
            ++Time.frameCount;
            foreach (MonoBehaviour behaviour in behaviours.ToArray())
            {
                if (!behaviour.enabled) continue;
                if (!behaviour.IsStarted) Send(behaviour, "Start");
                behaviour.IsStarted = true;
                Send(behaviour, "Update");
            }
            foreach (Object target in doomed)
            {
                var behaviour = target as MonoBehaviour;
                if (!ReferenceEquals(behaviour, null))
                {
                    behaviour.enabled = false;
                    behaviours.Remove(behaviour);
                }
                else
                {
                    Send(target, "OnDisable");
                }
                Send(target, "OnDestroy");
                target.IsDestroyed = true;
            }
            doomed.Clear();
        }

        public static void CheckMainThread()
        {
            if (Thread.CurrentThread.ManagedThreadId != mainThread) throw new Exception("not on the main thread");
        }

        internal static void DestroyAtEndOfFrame(Object target)
        {
            doomed.Add(target);
        }

        internal static void Send(Object target, string message)
        {
            MethodInfo method = target.GetType().GetMethod(message,
                BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public);
            if (method != null) method.Invoke(target, null);
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CreateAssetMenuAttribute : Attribute
    {
        public string menuName { get; set; }
        public string fileName { get; set; }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string menuName)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class RequireComponent : Attribute
    {
        public RequireComponent(Type component)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string tooltip)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class HeaderAttribute : Attribute
    {
        public HeaderAttribute(string header)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TextAreaAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class MinAttribute : Attribute
    {
        public MinAttribute(float min)
        {
        }
    }
}

namespace UnityEngine.Events
{
    public delegate void UnityAction<T0>(T0 arg0);
    public delegate void UnityAction<T0, T1>(T0 arg0, T1 arg1);
    public delegate void UnityAction<T0, T1, T2>(T0 arg0, T1 arg1, T2 arg2);

    public class UnityEvent<T0>
    {
        private UnityAction<T0> listeners = delegate { };

        public void AddListener(UnityAction<T0> call)
        {
            listeners += call;
        }

        public void Invoke(T0 arg0)
        {
            World.CheckMainThread();
            listeners(arg0);
        }
    }

    public class UnityEvent<T0, T1>
    {
        private UnityAction<T0, T1> listeners = delegate { };

        public void AddListener(UnityAction<T0, T1> call)
        {
            listeners += call;
        }

        public void Invoke(T0 arg0, T1 arg1)
        {
            World.CheckMainThread();
            listeners(arg0, arg1);
        }
    }

    public class UnityEvent<T0, T1, T2>
    {
        private UnityAction<T0, T1, T2> listeners = delegate { };

        public void AddListener(UnityAction<T0, T1, T2> call)
        {
            listeners += call;
        }

        public void Invoke(T0 arg0, T1 arg1, T2 arg2)
        {
            World.CheckMainThread();
            listeners(arg0, arg1, arg2);
        }
    }
}
