F_0 = rational(0, 1)
F_1_10 = rational(1, 10)
F_1 = rational(1, 1)
F_ninf = infimum()
o_b = 0  # 3
o_W = 8  # 20x3
o_b1 = 72  # 20
o_W1 = 96  # 4x20
o_matmul = 176  # 1x20
o_tanh = 200  # 1x20
o_matmul1 = 176  # 1x3
o_add1 = 184  # 1x3
o_max = 176  # 1
o_detach = 192  # 1
o_exp = 176  # 1x3
o_sub = 224  # 1x3
o_sum = 184  # 1
o_log = 192  # 1
o_d_sub = 232  # 1x3
o_sub1 = 240  # 1x3
o_d_log = 192  # 1
o_d_sum = 224  # 1
o_d_sub3 = 184  # 1x3
o_mul = 192  # 1x3
o_d_W = 224  # 20x3
o_d_tanh = 288  # 1x20
o_d_add = 312  # 1x20
o_d_W1 = 336  # 4x20
o_sum1 = 176  # 1
o_mean = 184  # number


def epoch(S, I, losses, B_x, B_target):
    for s in range(losses.shape[0]):
        b_x = B_x[s]
        b_target = B_target[s]
        # row: matmul
        for i in range(20):
            S[i + o_matmul] = F_0
        t0 = b_x[0]
        t1 = b_x[1]
        t2 = b_x[2]
        t3 = b_x[3]
        for i in range(20):
            S[i + o_matmul] += S[i + o_W1]*t0 + S[i + 20 + o_W1]*t1 + S[i + 40 + o_W1]*t2 + S[i + 60 + o_W1]*t3
        # assign: add, tanh
        for i in range(20):
            v0 = S[i + o_b1] + S[i + o_matmul]
            v1 = f_tanh(v0)
            S[i + o_tanh] = v1
        # row: matmul1
        for j in range(3):
            S[j + o_matmul1] = F_0
        for i in range(2):
            t0 = S[8*i + o_tanh]
            t1 = S[8*i + 1 + o_tanh]
            t2 = S[8*i + 2 + o_tanh]
            t3 = S[8*i + 3 + o_tanh]
            t4 = S[8*i + 4 + o_tanh]
            t5 = S[8*i + 5 + o_tanh]
            t6 = S[8*i + 6 + o_tanh]
            t7 = S[8*i + 7 + o_tanh]
            for j in range(3):
                S[j + o_matmul1] += S[24*i + j + o_W]*t0 + S[24*i + j + 3 + o_W]*t1 + S[24*i + j + 6 + o_W]*t2 + S[24*i + j + 9 + o_W]*t3 + S[24*i + j + 12 + o_W]*t4 + S[24*i + j + 15 + o_W]*t5 + S[24*i + j + 18 + o_W]*t6 + S[24*i + j + 21 + o_W]*t7
        # row: matmul1
        t0 = S[16 + o_tanh]
        t1 = S[17 + o_tanh]
        t2 = S[18 + o_tanh]
        t3 = S[19 + o_tanh]
        for i in range(3):
            S[i + o_matmul1] += S[i + 48 + o_W]*t0 + S[i + 51 + o_W]*t1 + S[i + 54 + o_W]*t2 + S[i + 57 + o_W]*t3
        # assign: add1
        for i in range(3):
            v0 = S[i + o_b] + S[i + o_matmul1]
            S[i + o_add1] = v0
        # max: max
        a = F_ninf
        for i in range(3):
            v = S[i + o_add1]
            if f_greater(v, a):
                a = v
        S[o_max] = a
        # assign: detach
        v0 = S[o_max]
        S[o_detach] = v0
        # assign: sub, exp
        t0 = -S[o_detach]
        for i in range(3):
            v0 = t0 + S[i + o_add1]
            S[i + o_sub] = v0
            v1 = f_exp(v0)
            S[i + o_exp] = v1
        # reduce: sum
        a = F_0
        for i in range(3):
            a += S[i + o_exp]
        S[o_sum] = a
        # assign: log
        v0 = f_log(S[o_sum])
        S[o_log] = v0
        # assign: sub1, d_sub
        t0 = S[o_log]
        for i in range(3):
            v0 = t0 - S[i + o_sub]
            S[i + o_sub1] = v0
            v1 = -b_target[i]
            S[i + o_d_sub] = v1
        # reduce: d_log
        a = F_0
        for i in range(3):
            a += b_target[i]
        S[o_d_log] = a
        # assign: d_sum
        v0 = S[o_d_log]/S[o_sum]
        S[o_d_sum] = v0
        # assign: d_sub2, d_sub3, d_b, mul1, sub2, mul
        t0 = S[o_d_sum]
        for i in range(3):
            v0 = t0*S[i + o_exp]
            v1 = S[i + o_d_sub] + v0
            S[i + o_d_sub3] = v1
            v2 = v1
            v3 = F_1_10*v2
            v4 = S[i + o_b] - v3
            S[i + o_b] = v4
            v5 = S[i + o_sub1]*b_target[i]
            S[i + o_mul] = v5
        # assign: d_W
        for i in range(20):
            t0 = S[i + o_tanh]
            for j in range(3):
                v0 = S[j + o_d_sub3]*t0
                S[3*i + j + o_d_W] = v0
        # row: d_tanh
        for i in range(20):
            S[i + o_d_tanh] = F_0
        t0 = S[o_d_sub3]
        t1 = S[1 + o_d_sub3]
        t2 = S[2 + o_d_sub3]
        for i in range(20):
            S[i + o_d_tanh] += S[3*i + o_W]*t0 + S[3*i + 1 + o_W]*t1 + S[3*i + 2 + o_W]*t2
        # assign: d_add, d_b1, mul3, sub4
        for i in range(20):
            t0 = S[i + o_tanh]
            v0 = (F_1 - (t0*t0))*S[i + o_d_tanh]
            S[i + o_d_add] = v0
            v1 = v0
            v2 = F_1_10*v1
            v3 = S[i + o_b1] - v2
            S[i + o_b1] = v3
        # assign: d_W1
        for i in range(4):
            t0 = b_x[i]
            for j in range(20):
                v0 = S[j + o_d_add]*t0
                S[20*i + j + o_d_W1] = v0
        # assign: mul2, sub3
        for i in range(60):
            v0 = F_1_10*S[i + o_d_W]
            v1 = S[i + o_W] - v0
            S[i + o_W] = v1
        # assign: mul4, sub5
        for i in range(80):
            v0 = F_1_10*S[i + o_d_W1]
            v1 = S[i + o_W1] - v0
            S[i + o_W1] = v1
        # reduce: sum1
        a = F_0
        for i in range(3):
            a += S[i + o_mul]
        S[o_sum1] = a
        # assign: mean
        v0 = S[o_sum1]
        S[o_mean] = v0
        losses[s] = S[o_mean]
